'use strict';
// naudiodon only calls registerHandler(); doing nothing leaves Node's own crash reports in place.
exports.registerHandler = () => {};
