import type { ResiduaBridge } from '../ipc/api.ts';
import { openReply } from '../ipc/envelope.ts';
import { overviewSchema, type Overview } from '../ipc/messages.ts';

/** Asks the app for its models and checks the answer. @throws what `openReply` throws */
export async function loadOverview(bridge: ResiduaBridge | undefined): Promise<Overview> {
  if (bridge === undefined) {
    throw new Error('This page works inside the Residua app only: its bridge is missing.');
  }
  return openReply(await bridge.overview(), overviewSchema);
}

/** @returns message and, where the error brings one, its hint */
export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const hint = 'hint' in error && typeof error.hint === 'string' ? ` ${error.hint}` : '';
  return error.message + hint;
}
