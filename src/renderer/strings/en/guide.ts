export const guide = { title: 'First run' } as const;
