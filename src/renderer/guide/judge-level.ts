export type LevelJudgement = 'quiet' | 'low' | 'good' | 'loud';

/**
 * @param peakDb held peak of speech, dBFS
 * @returns what a person should know of it: the recommendation of most call and studio software is to peak between
 * −20 and −6 dBFS
 */
export function judgeLevel(peakDb: number, isClipped: boolean): LevelJudgement {
  if (isClipped || peakDb > -3) return 'loud';
  if (peakDb > -30) return 'good';
  return peakDb > -50 ? 'low' : 'quiet';
}
