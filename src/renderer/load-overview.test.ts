import { describe, expect, it } from 'vitest';
import { reply } from '../ipc/envelope.ts';
import { describeFailure, loadOverview } from './load-overview.ts';

const empty = { appVersion: '0.1.0', models: [], problems: [] };

describe('loadOverview', () => {
  it('opens the reply of the bridge', async () => {
    await expect(loadOverview({ overview: () => reply(() => empty) })).resolves.toEqual(empty);
  });

  it('refuses a reply that the contract does not allow', async () => {
    const bridge = { overview: () => reply(() => ({ ...empty, models: null })) };
    await expect(loadOverview(bridge)).rejects.toMatchObject({ code: 'IPC_INVALID' });
  });

  it('says so in an ordinary browser, where there is no bridge', async () => {
    await expect(loadOverview(undefined)).rejects.toThrow('inside the Residua app only');
  });
});

describe('describeFailure', () => {
  it('adds the hint where there is one', () => {
    expect(describeFailure(Object.assign(new Error('No.'), { hint: 'Try.' }))).toBe('No. Try.');
    expect(describeFailure(new Error('No.'))).toBe('No.');
    expect(describeFailure('odd')).toBe('odd');
  });
});
