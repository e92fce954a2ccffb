export default function afterPack(context: {
  appOutDir: string;
  electronPlatformName: string;
}): Promise<void>;
export function makeRunpathRelative(library: string): Promise<void>;
