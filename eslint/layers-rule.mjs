import path from 'node:path';
import { areas, restrictedPackages } from './layers.mjs';

/**
 * ESLint rule `residua/layers`: reports an import that the dependency rule in layers.mjs forbids.
 * Covers static, dynamic, type-only and re-exporting imports and `require()`. Written here because
 * the built-in `no-restricted-imports` does not see dynamic imports or resolved paths.
 */

const root = path.resolve(import.meta.dirname, '..');
const areaNames = Object.keys(areas).sort((a, b) => b.length - a.length);

/** @param {string} file absolute path @returns the path below the repository root, with slashes */
const inRepository = (file) => path.relative(root, file).split(path.sep).join('/');

/** @param {string} file path below the root @returns {string | undefined} its area's name */
const areaOf = (file) => areaNames.find((name) => file === name || file.startsWith(`${name}/`));

const isTest = (file) => /\.test\.tsx?$/.test(file) || file.startsWith('test/');

/** '@scope/name/x' -> '@scope/name', 'name/x' -> 'name' */
const packageName = (specifier) =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

const matches = (pattern, name) =>
  pattern.endsWith('/*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name;

/**
 * @param {string} file importing file, path below the root
 * @param {string} specifier what it imports
 * @param {boolean} typeOnly whether only types are imported
 * @returns {string | undefined} why the import is forbidden, or undefined where it is allowed
 */
export function forbiddenReason(file, specifier, typeOnly = false) {
  if (isTest(file)) return undefined;
  const from = areaOf(file);
  if (from === undefined) {
    return file.startsWith('src/') || file.startsWith('training/')
      ? `${file} belongs to no area: declare its folder in eslint/layers.mjs`
      : undefined;
  }
  const { uses, usesTypesOf = [], packages = [] } = areas[from];

  if (!specifier.startsWith('.') && !path.isAbsolute(specifier)) {
    const name = packageName(specifier);
    const restricted = restrictedPackages.some((pattern) => matches(pattern, name));
    if (!restricted || packages.some((pattern) => matches(pattern, name))) return undefined;
    const owners = areaNames.filter((area) =>
      areas[area].packages?.some((pattern) => matches(pattern, name)),
    );
    return `${from} may not import the package '${name}' (allowed in: ${owners.sort().join(', ') || 'no area'})`;
  }

  const target = inRepository(path.resolve(root, path.dirname(file), specifier));
  if (isTest(target)) return `${from} may not import the test file ${target}`;
  const to = areaOf(target);
  if (to === from) return undefined;
  if (to === undefined) {
    // Data at the root (package.json, models) is fine; code outside every area is not.
    return /\.[cm]?[jt]sx?$/.test(target) ? `${from} may not import ${target}` : undefined;
  }
  if (uses.includes(to)) return undefined;
  if (usesTypesOf.includes(to)) {
    return typeOnly ? undefined : `${from} may import only types from ${to}`;
  }
  const allowed = [...uses, ...usesTypesOf.map((area) => `types of ${area}`)];
  return `${from} may not import ${to} (allowed: ${allowed.join(', ') || 'nothing'})`;
}

const isTypeOnly = (node) =>
  node.importKind === 'type' ||
  node.exportKind === 'type' ||
  (node.specifiers?.length > 0 &&
    node.specifiers.every((s) => s.importKind === 'type' || s.exportKind === 'type'));

const rule = {
  meta: {
    type: 'problem',
    docs: { description: 'Imports keep to the dependency rule in eslint/layers.mjs' },
    messages: { forbidden: '{{reason}}' },
    schema: [],
  },
  create(context) {
    const file = inRepository(context.filename);
    const check = (node, source, typeOnly) => {
      if (source?.type !== 'Literal' || typeof source.value !== 'string') return;
      const reason = forbiddenReason(file, source.value, typeOnly);
      if (reason) context.report({ node: source, messageId: 'forbidden', data: { reason } });
    };
    const checkStatic = (node) => check(node, node.source, isTypeOnly(node));
    return {
      ImportDeclaration: checkStatic,
      ExportNamedDeclaration: checkStatic,
      ExportAllDeclaration: checkStatic,
      ImportExpression: (node) => check(node, node.source, false),
      TSImportType: (node) => check(node, node.source ?? node.argument?.literal, true),
      CallExpression: (node) => {
        const { callee } = node;
        const isRequire =
          (callee.type === 'Identifier' && /^require$/i.test(callee.name)) ||
          (callee.type === 'MemberExpression' &&
            callee.object.type === 'Identifier' &&
            callee.object.name === 'require' &&
            callee.property.name === 'resolve');
        if (isRequire) check(node, node.arguments[0], false);
      },
    };
  },
};

export default { meta: { name: 'residua' }, rules: { layers: rule } };
