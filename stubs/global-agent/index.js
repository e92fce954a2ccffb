'use strict';
// onnxruntime-node's install script calls bootstrap() first, then downloads the CUDA libraries, and an
// unreachable server makes npm 10 (which runs every install script) give up on the whole project.
// Without the libraries only the CUDA provider is missing, so the download happens on request only:
//   ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node
// (the real global-agent would add proxy settings from the environment to that download).
exports.bootstrap = () => {
  const installing = process.env.npm_package_name === 'onnxruntime-node';
  const asked = ['npm_config_onnxruntime_node_install', 'ONNXRUNTIME_NODE_INSTALL'].some(
    (name) => process.env[name] !== undefined,
  );
  if (installing && !asked) process.exit(0);
};
