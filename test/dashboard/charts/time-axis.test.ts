import { expect, test } from "bun:test";
import { percentOf, timeTicks } from "../../../src/dashboard/charts/time-axis.ts";
import { localDate } from "../../../src/dashboard/text.ts";

const at = (text: string): number => Date.parse(text);
const texts = (zone: string, from: string, to: string, most: number): string[] =>
  timeTicks(zone, at(from), at(to), most).map(({ text }) => text);

test("the ticks of a time axis are round local times, also in a zone with half hours", () => {
  expect(texts("UTC", "2026-11-26T09:12Z", "2026-11-26T11:48Z", 6)).toEqual([
    "09:30",
    "10:00",
    "10:30",
    "11:00",
    "11:30",
  ]);
  expect(texts("Asia/Kolkata", "2026-11-26T09:12Z", "2026-11-26T11:48Z", 4)).toEqual(["15:00", "16:00", "17:00"]);
  expect(texts("America/Los_Angeles", "2026-11-26T09:12Z", "2026-11-26T11:48Z", 4)).toEqual(["02:00", "03:00"]);
  expect(texts("UTC", "2026-11-26T09:12Z", "2026-11-26T09:14Z", 4)).toEqual(["09:12", "09:13", "09:14"]);
  expect(texts("UTC", "2026-11-26T09:12:03Z", "2026-11-26T09:12:12Z", 3)).toEqual(["09:12:05", "09:12:10"]);
});

test("a day in which the clock changes has ticks at local hours before and after the change", () => {
  const ticks = timeTicks("Europe/Berlin", at("2026-10-24T22:00Z"), at("2026-10-25T23:00Z"), 6);
  expect(ticks.map(({ text }) => text)).toEqual(["00:00", "06:00", "12:00", "18:00", "00:00"]);
  expect(ticks.map((tick) => new Date(tick.at).toISOString().slice(11, 16))).toEqual([
    "22:00",
    "05:00",
    "11:00",
    "17:00",
    "23:00",
  ]);
});

test("a range of several days has ticks at midnight with the day", () => {
  expect(texts("UTC", "2026-11-23T00:00Z", "2026-11-26T00:00Z", 6)).toEqual(["Mon 23", "Tue 24", "Wed 25", "Thu 26"]);
});

test("an axis of ten years has not more ticks than asked for", () => {
  expect(texts("UTC", "2016-11-23T00:00Z", "2026-11-23T00:00Z", 6).length).toBeLessThanOrEqual(7);
});

test("a time before or after the range is placed at its edge", () => {
  expect([0, 10, 15, 20, 30].map((time) => percentOf(time, 10, 20))).toEqual([0, 0, 50, 100, 100]);
  expect(percentOf(5, 5, 5)).toBe(0);
});

test("the local date of a time follows the zone", () => {
  expect(localDate("Asia/Kolkata", at("2026-11-26T20:00Z"))).toBe("2026-11-27");
  expect(localDate("America/Los_Angeles", at("2026-11-26T05:00Z"))).toBe("2026-11-25");
});
