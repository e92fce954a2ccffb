/**
 * The file of a module that a process or thread is started with: as source, or as built, where files lie as
 * their sources do. In a packaged app it is the one outside the archive, from where native libraries and other
 * programs can read too.
 * @param path relative to `from`, without an extension
 * @param from `import.meta.url` of the caller
 */
export function moduleUrl(path: string, from: string): URL {
  const extension = from.endsWith('.ts') ? '.ts' : '.js';
  const { href } = new URL(path + extension, from);
  return new URL(href.replace('/app.asar/', '/app.asar.unpacked/'));
}
