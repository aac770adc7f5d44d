#!/usr/bin/env -S bun --no-env-file --config=/dev/null --tsconfig-override=/dev/null
// Chooses the entry point. The line is loaded alone so that nothing else delays it. There is no top-level await because
// bytecode cannot be built from modules that use it.
const [first] = process.argv.slice(2);
if (!Bun.isMainThread) void import("./collector/thread.ts").then(({ serve }) => serve());
else if (first === "reader") void import("./collector/database-process.ts").then(({ serveParent }) => serveParent());
else if (first === "hub-reader") void import("./hub/reader/process.ts").then(({ serveReader }) => serveReader());
else if (first === "statusline" && !/^(?:--help|-h)$/.test(process.argv[3] ?? "")) void import("./statusline.ts");
else if (first === "chain") void import("./install/previous/chain.ts").then(({ runChain }) => runChain());
else if (first === "hook") void import("./commands/hook.ts").then(({ runHook }) => runHook(process.argv[3]));
else
  void import("./cli/command-line.ts").then(({ run }) => run(process.argv.slice(2))).then((code) => process.exit(code));

export {};
