import { sources } from "../../src/sources/registry.ts";

// Tests that read records themselves, without the collector, call `read` of stores: what it needs is loaded here.
for (const { stores } of sources) for (const { load } of stores) await load?.();
