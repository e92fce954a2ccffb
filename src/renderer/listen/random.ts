/** @returns a number from 0 to `below` − 1, each as likely */
export type RandomBelow = (below: number) => number;

/** From the system's source of randomness, without the bias of a plain remainder. */
export const cryptoRandom: RandomBelow = (below) => {
  if (!Number.isInteger(below) || below < 1 || below > 2 ** 32) {
    throw new RangeError(`cannot choose one of ${below}`);
  }
  const fair = Math.floor(2 ** 32 / below) * below;
  const word = new Uint32Array(1);
  do crypto.getRandomValues(word);
  while (word[0]! >= fair);
  return word[0]! % below;
};

/** @returns `items` in random order (Fisher and Yates); the argument stays as it is */
export function shuffle<T>(items: readonly T[], random: RandomBelow): T[] {
  const shuffled = [...items];
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = random(i + 1);
    [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
  }
  return shuffled;
}
