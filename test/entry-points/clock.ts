// Loaded before an entry point of a test (BUN_OPTIONS): its clock runs as far from the machine's as the test says.
const ahead = Number(process.env["PAWPRINT_TEST_AHEAD_MS"]);
const machine = Date.now;
Date.now = () => machine() + ahead;
export {};
