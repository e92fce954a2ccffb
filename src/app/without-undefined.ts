/** Fields that came as `undefined` through a validator or a clone are left out, in nested objects too. */
export function withoutUndefined<T extends object>(value: T): T {
  const entries = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .map(([name, field]: [string, unknown]) => [
      name,
      typeof field === 'object' && field !== null && !Array.isArray(field)
        ? withoutUndefined(field)
        : field,
    ]);
  return Object.fromEntries(entries) as T;
}
