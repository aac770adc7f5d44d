import { sources } from "../../src/sources/registry.ts";

// Tests that call `read` of a store directly, without the collector, need its reader to be loaded.
for (const { stores } of sources)
  for (const { load } of stores) for (const phase of ["usage", "activity"] as const) await load?.(phase);
