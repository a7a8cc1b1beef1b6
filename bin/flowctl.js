#!/usr/bin/env node
// Every Node there is must understand this file, so that an old one can say why it goes no further.
var version = process.versions.node.split(".").map(Number);
if (version[0] < 20 || (version[0] === 20 && version[1] < 19)) {
  process.stderr.write("flowctl needs Node 20.19 or newer; this is " + process.versions.node + "\n");
  process.exitCode = 2;
} else {
  var node = process.getBuiltinModule("node:module");
  if (node.enableCompileCache) node.enableCompileCache();
  import("../dist/cli.js");
}
