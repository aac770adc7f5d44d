#!/usr/bin/env -S bun --no-env-file --config=/dev/null --tsconfig-override=/dev/null
// The line has a door of its own and is loaded alone: nothing else may cost it time. No top-level await: bytecode is
// made of modules without it.
const [first] = process.argv.slice(2);
if (!Bun.isMainThread) void import("./collector/thread.ts").then(({ serve }) => serve());
else if (first === "reader") void import("./collector/database-process.ts").then(({ serveParent }) => serveParent());
else if (first === "statusline" && !/^(?:--help|-h)$/.test(process.argv[3] ?? "")) void import("./statusline.ts");
else if (first === "chain") void import("./install/previous/chain.ts").then(({ runChain }) => runChain());
else if (first === "hook") void import("./commands/hook.ts").then(({ runHook }) => runHook(process.argv[3]));
else
  void import("./cli/command-line.ts").then(({ run }) => run(process.argv.slice(2))).then((code) => process.exit(code));

export {};
