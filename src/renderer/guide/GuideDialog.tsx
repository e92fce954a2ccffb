export function GuideDialog() {
  return null;
}
