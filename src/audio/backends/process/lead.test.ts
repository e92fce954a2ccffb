import { describe, expect, it } from 'vitest';
import { Lead } from './lead.mjs';

function setup(pieces: number) {
  let nowMs = 0;
  const changes: number[] = [];
  const lead = new Lead(
    pieces,
    () => nowMs,
    (value) => changes.push(value),
  );
  return {
    lead,
    changes,
    /** Blocks arrive each 10 ms, each time with `waiting` pieces to spare. */
    run: (ms: number, waiting: number) => {
      for (const endMs = nowMs + ms; nowMs < endMs; nowMs += 10) lead.arrived(waiting);
    },
  };
}

describe('lead of a sink', () => {
  it('grows at once when sound is late, once for each hitch, up to a limit', () => {
    const { lead, run, changes } = setup(2);
    for (let i = 0; i < 8; i++) lead.late();
    expect(lead.pieces).toBe(6);
    run(300, 2);
    lead.late();
    expect(changes).toEqual([6, 10]);
    for (let i = 0; i < 20; i++) {
      run(300, 2);
      lead.late();
    }
    expect(lead.pieces).toBe(48);
  });

  it('shrinks back while there is sound to spare, step by step', () => {
    const { lead, run } = setup(6);
    run(22_000, 5);
    expect(lead.pieces).toBe(6);
    run(2000, 5);
    expect(lead.pieces).toBe(5);
    run(200_000, 4);
    expect(lead.pieces).toBe(0);
  });

  it('forgets how late everything was at the start, and gives up half of what is to spare', () => {
    const { lead, run } = setup(2);
    lead.late();
    run(1000, 4);
    lead.late();
    expect(lead.pieces).toBe(10);
    run(4000, 4);
    expect(lead.pieces).toBe(2);
    for (let i = 0; i < 4; i++) {
      lead.late();
      run(300, 9);
    }
    expect(lead.pieces).toBe(18);
    run(21_000, 9);
    expect(lead.pieces).toBe(18);
    run(20_000, 9);
    expect(lead.pieces).toBe(15);
  });

  it('stays where one block in the span came with nothing to spare', () => {
    const { lead, run } = setup(6);
    for (let i = 0; i < 5; i++) {
      run(15_000, 5);
      run(10, 3);
    }
    expect(lead.pieces).toBe(6);
  });
});
