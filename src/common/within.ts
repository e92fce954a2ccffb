/**
 * What `work` gives, or `otherwise` when that takes longer than `ms` on the machine's own clock. The work goes on.
 * @throws whatever `work` rejects with in time
 */
export async function within<T>(ms: number, work: Promise<T>, otherwise: T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<T>((resolve) => (timer = setTimeout(() => resolve(otherwise), ms)));
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
