/**
 * The dependency rule of ARCHITECTURE.md as data. Each area is a folder; a file belongs to the
 * longest matching folder. `uses` lists the areas it may import besides itself, `packages` the
 * restricted packages it may import. Tests (`*.test.ts`, `test/`) may import anything.
 */
export const areas = {
  'src/common': { uses: [] },
  'src/metrics': { uses: ['src/common'] },
  'src/audio': { uses: ['src/common'] },
  'src/audio/backends': { uses: ['src/common', 'src/audio'] },
  'src/audio/backends/portaudio': {
    uses: ['src/common', 'src/audio', 'src/audio/backends'],
    packages: ['naudiodon'],
  },
  'src/audio/backends/decibri': {
    uses: ['src/common', 'src/audio', 'src/audio/backends'],
    packages: ['decibri'],
  },
  'src/inference': { uses: ['src/common'] },
  'src/inference/onnxruntime': {
    uses: ['src/common', 'src/inference'],
    packages: ['onnxruntime-node'],
  },
  'src/codec': { uses: ['src/common', 'src/inference'] },
  'src/engine': {
    uses: ['src/common', 'src/codec', 'src/audio', 'src/inference', 'src/metrics'],
  },
  // What happens to a whole file: the same for the command line and for the app's worker processes.
  'src/enhance': {
    uses: ['src/common', 'src/codec', 'src/metrics', 'src/audio', 'src/inference'],
  },
  'src/ipc': { uses: ['src/common'] },

  // Composition roots: the only places that name concrete backends and adapters.
  'src/host': {
    uses: [
      'src/common',
      'src/ipc',
      'src/codec',
      'src/metrics',
      'src/audio',
      'src/audio/backends',
      'src/audio/backends/portaudio',
      'src/audio/backends/decibri',
      'src/inference',
      'src/inference/onnxruntime',
      'src/engine',
    ],
    packages: ['electron'],
  },
  // Drives the engine process from outside it: for the command line and the app's main process.
  'src/host/client': { uses: ['src/common', 'src/ipc'] },
  'src/cli': {
    uses: [
      'src/common',
      'src/ipc',
      'src/host/client',
      'src/codec',
      'src/metrics',
      'src/audio',
      'src/audio/backends',
      'src/audio/backends/portaudio',
      'src/audio/backends/decibri',
      'src/inference',
      'src/inference/onnxruntime',
      'src/engine',
      'src/enhance',
      'src/server',
    ],
  },

  // The app behind the window, the same for both shells: live sound through the engine process, recordings,
  // the queue of files, comparisons. Codec work runs in processes of its own (src/app/work).
  'src/app': {
    uses: [
      'src/common',
      'src/ipc',
      'src/host/client',
      'src/codec',
      'src/metrics',
      'src/audio',
      'src/enhance',
      'src/app/work',
    ],
  },
  'src/app/work': {
    uses: [
      'src/common',
      'src/ipc',
      'src/codec',
      'src/metrics',
      'src/audio',
      'src/enhance',
      'src/inference',
      'src/inference/onnxruntime',
    ],
  },
  // What both shells have in common: the page's files and policy, its session, folders.
  'src/shell': { uses: ['src/common', 'src/ipc'] },
  // Browser mode: the same window on the loopback address.
  'src/server': { uses: ['src/common', 'src/ipc', 'src/app', 'src/host/client', 'src/shell'] },

  // The Electron shell: window, tray and what else the system offers; the app behind it is src/app.
  'src/main': {
    uses: ['src/common', 'src/ipc', 'src/host/client', 'src/app', 'src/shell'],
    packages: ['electron'],
  },
  'src/preload': { uses: ['src/common', 'src/ipc'], packages: ['electron'] },
  'src/renderer': {
    uses: ['src/ipc'],
    usesTypesOf: ['src/common'],
    packages: ['react', 'react-dom'],
  },

  training: {
    uses: [
      'src/common',
      'src/codec',
      'src/metrics',
      'src/audio',
      'src/inference',
      'src/inference/onnxruntime',
    ],
    packages: ['@tensorflow/*', 'onnx-proto', 'protobufjs'],
  },
};

/** Packages that may be imported only by the areas that list them. */
export const restrictedPackages = [
  'onnxruntime-node',
  'onnxruntime-common',
  'naudiodon',
  'decibri',
  'electron',
  'react',
  'react-dom',
  '@tensorflow/*',
  'onnx-proto',
  'protobufjs',
];
