#!/usr/bin/env node
// Runs the TypeScript command line in place: tsx strips the types while loading, so a checkout needs
// no build step. Kept free of syntax and imports that an old Node could not load, so that the check
// below is what a person with an old Node sees.

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`residua needs Node 20.19 or newer, this is ${process.version}.`);
  process.exit(1);
}

const { register } = await import('tsx/esm/api');
register();
const { main } = await import('../src/cli/main.ts');
process.exitCode = await main(process.argv.slice(2));
