export class Lead {
  constructor(pieces: number, nowMs: () => number, changed: (pieces: number) => void);
  pieces: number;
  arrived(waiting: number): void;
  late(): void;
}
