export function forbiddenReason(
  file: string,
  specifier: string,
  typeOnly?: boolean,
): string | undefined;
