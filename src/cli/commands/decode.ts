import type { Command } from 'commander';
export function registerDecode(_: Command): void {}
