import type { Command } from 'commander';
export function registerEncode(_: Command): void {}
