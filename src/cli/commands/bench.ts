import type { Command } from 'commander';
export function registerBench(_: Command): void {}
