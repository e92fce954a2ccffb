import { DEFAULT_SETTINGS, settingsSchema, type Settings } from '../../ipc/app/settings.ts';

export interface ParsedSettings {
  readonly settings: Settings;
  /** What is wrong with the text, for a person; `undefined`: nothing. */
  readonly wrong?: string;
}

/** Groups of fields; each field in them has a default of its own. */
const GROUPS = ['controls', 'recordings', 'files'] as const;

/**
 * Reads what a settings file holds. A field that is missing has its default, so that the file of an older version
 * loads; one that nobody knows is left out. A field with a value it cannot have gets its default too, and is named.
 */
export function parseSettings(text: string): ParsedSettings {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { settings: DEFAULT_SETTINGS, wrong: 'it is not JSON' };
  }
  if (!isObject(json)) return { settings: DEFAULT_SETTINGS, wrong: 'it holds no settings' };
  const { version = 1 } = json;
  if (version !== 1) {
    const wrong = `it is of version ${JSON.stringify(version)}, and this Residua knows version 1`;
    return { settings: DEFAULT_SETTINGS, wrong };
  }
  const invalid: string[] = [];
  const settings = take(settingsSchema.shape, DEFAULT_SETTINGS, json, '', invalid) as Settings;
  if (invalid.length === 0) return { settings };
  return { settings, wrong: `it has an impossible value for ${invalid.join(', ')}` };
}

type Shape = Record<string, { safeParse(value: unknown): { success: boolean; data?: unknown } }>;

function take(
  shape: Shape,
  defaults: object,
  json: Record<string, unknown>,
  path: string,
  invalid: string[],
): object {
  const result: Record<string, unknown> = { ...defaults };
  for (const [name, schema] of Object.entries(shape)) {
    if (!Object.hasOwn(json, name)) continue;
    const value = json[name];
    const group = path === '' ? GROUPS.find((one) => one === name) : undefined;
    if (group !== undefined && isObject(value)) {
      const { shape: inner } = settingsSchema.shape[group];
      result[name] = take(inner, DEFAULT_SETTINGS[group], value, `${name}.`, invalid);
      continue;
    }
    const parsed = schema.safeParse(value);
    if (parsed.success) result[name] = parsed.data;
    else invalid.push(path + name);
  }
  return result;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
