// Preloaded into a test's entry point (BUN_OPTIONS): shifts its clock from the machine's by PAWPRINT_TEST_AHEAD_MS.
const ahead = Number(process.env["PAWPRINT_TEST_AHEAD_MS"]);
const machine = Date.now;
Date.now = () => machine() + ahead;
export {};
