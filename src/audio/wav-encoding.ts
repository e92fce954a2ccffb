/** How written WAV files look: sample coding and header, for writers that differ in when they write. */

/** Sample coding of written WAV files: 16- or 24-bit integers, or 32-bit float. */
export type WavSampleFormat = '16' | '24' | 'float';

export interface WavEncoding {
  /** Hz. */
  readonly sampleRate: number;
  /** 1–8. */
  readonly channels: number;
  /** Integer formats round to nearest and clip at full scale; no dither. */
  readonly sampleFormat: WavSampleFormat;
  /** Data size in bytes from which RF64 is written instead of RIFF. */
  readonly rf64FromBytes: number;
}

/** 4 GiB − 1024: what the 32-bit sizes of a RIFF header can still say. */
export const RF64_FROM_BYTES = 0xffffffff - 1024;

/** Bytes of one sample of one channel. */
export const SAMPLE_BYTES: Record<WavSampleFormat, number> = { '16': 2, '24': 3, float: 4 };

const FORMAT_PCM = 1;
const FORMAT_FLOAT = 3;
const FORMAT_EXTENSIBLE = 0xfffe;
/** Tail of every KSDATAFORMAT_SUBTYPE GUID. */
const GUID_TAIL = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71];

/**
 * Writes one sample, little-endian.
 * @param value nominal range −1…1
 * @returns whether an integer format had to clip it
 */
export function putSample(
  data: DataView,
  offset: number,
  value: number,
  format: WavSampleFormat,
): boolean {
  if (format === 'float') {
    data.setFloat32(offset, value, true);
    return false;
  }
  const scale = format === '16' ? 32768 : 8388608;
  let code = Math.round(value * scale);
  let clipped = false;
  if (code > scale - 1 || code < -scale) {
    // Rounding +1.0 down to the largest code loses nothing audible; anything beyond is clipping.
    clipped = value > 1 || value < -1;
    code = code > 0 ? scale - 1 : -scale;
  }
  if (format === '16') {
    data.setInt16(offset, code, true);
  } else {
    data.setUint16(offset, code & 0xffff, true);
    data.setInt8(offset + 2, code >> 16);
  }
  return clipped;
}

/**
 * RIFF header with a JUNK chunk where RF64 needs its ds64 (EBU Tech 3306), so that its length never
 * depends on how much follows and it can be written again over itself.
 * @param frames samples per channel
 */
export function wavHeader(encoding: WavEncoding, frames: number): Uint8Array {
  const { channels, sampleRate, sampleFormat } = encoding;
  const bytesPerSample = SAMPLE_BYTES[sampleFormat];
  const dataBytes = frames * channels * bytesPerSample;
  const isFloat = sampleFormat === 'float';
  const extensible = channels > 2 || sampleFormat === '24';
  const formatBytes = extensible ? 40 : 16;
  const factBytes = isFloat ? 12 : 0;
  const total = 12 + 36 + 8 + formatBytes + factBytes + 8;
  const header = new Uint8Array(total);
  const data = new DataView(header.buffer);
  let at = 0;
  const text = (id: string): void => {
    for (const char of id) header[at++] = char.charCodeAt(0);
  };
  const u16 = (value: number): void => void (data.setUint16(at, value, true), (at += 2));
  const u32 = (value: number): void => void (data.setUint32(at, value, true), (at += 4));
  const u64 = (value: number): void => void (data.setBigUint64(at, BigInt(value), true), (at += 8));

  const riffBytes = total - 8 + dataBytes + (dataBytes % 2);
  const long = dataBytes >= encoding.rf64FromBytes;
  text(long ? 'RF64' : 'RIFF');
  u32(long ? 0xffffffff : riffBytes);
  text('WAVE');
  text(long ? 'ds64' : 'JUNK');
  u32(28);
  u64(long ? riffBytes : 0);
  u64(long ? dataBytes : 0);
  u64(long ? frames : 0);
  u32(0);
  text('fmt ');
  u32(formatBytes);
  const tag = isFloat ? FORMAT_FLOAT : FORMAT_PCM;
  u16(extensible ? FORMAT_EXTENSIBLE : tag);
  u16(channels);
  u32(sampleRate);
  u32(sampleRate * channels * bytesPerSample);
  u16(channels * bytesPerSample);
  u16(bytesPerSample * 8);
  if (extensible) {
    u16(22);
    u16(bytesPerSample * 8);
    u32(0); // speaker positions: not said, because they are not known
    u16(tag);
    for (const byte of GUID_TAIL) header[at++] = byte;
  }
  if (isFloat) {
    text('fact');
    u32(4);
    u32(Math.min(frames, 0xffffffff));
  }
  text('data');
  u32(long ? 0xffffffff : dataBytes);
  return header;
}
