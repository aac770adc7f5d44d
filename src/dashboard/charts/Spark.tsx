const [STEP, HEIGHT] = [1, 16];

/** A small line without axes, from 0 to the largest value; the numbers are in another chart or table. */
export function Spark({ values }: { values: readonly number[] }) {
  const most = Math.max(...values, 1);
  const points = values.map((value, at) => `${at * STEP},${(HEIGHT - 1 - (value / most) * (HEIGHT - 2)).toFixed(1)}`);
  const width = (values.length - 1) * STEP;
  return (
    <svg class="spark" viewBox={`0 0 ${width} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <polyline points={points.join(" ")} />
    </svg>
  );
}
