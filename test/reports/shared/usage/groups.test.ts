import { expect, test } from "bun:test";
import { UsageGroup } from "../../../../src/reports/shared/usage/groups.ts";
import { CostKind } from "../../../../src/model/price.ts";
import { noTokens } from "../../../../src/model/tokens.ts";

const plain = {
  ...noTokens,
  source: "claude-code",
  speed: "",
  tier: "",
  region: "",
  context: 0,
  costKind: CostKind.none,
  cost: 0,
};
const usage = (model: string) => ({ ...plain, model, input: 10, searches: 0 });

test("a usage group sorts its parts again after more usage is added", () => {
  const group = new UsageGroup();
  group.add(usage("small"), 1, 5n);
  group.add(usage("large"), 1, 9_000_000n);
  expect(group.models).toEqual(["large", "small"]);
  group.add(usage("small"), 1, 20_000_000n);
  group.add(usage("new"), 1, null);
  expect(group.models).toEqual(["small", "large", "new"]);
  expect(group.parts.map(({ totals }) => totals.input)).toEqual([20, 10, 10]);
});
