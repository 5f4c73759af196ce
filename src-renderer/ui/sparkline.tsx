interface SparklineProps {
  /** Read out in place of the drawing. */
  readonly label: string;
  /** Oldest first; null where there was no answer. */
  readonly values: readonly (number | null)[];
  readonly width?: number;
  readonly height?: number;
}

/** A small line without axes; a tick at the foot for each value that is missing. */
export function Sparkline({ label, values, width = 96, height = 20 }: SparklineProps) {
  const known = values.filter((value) => value !== null);
  const most = Math.max(...known, 0);
  const step = width / Math.max(1, values.length - 1);
  const y = (value: number) => (most === 0 ? height - 2 : height - 2 - (value / most) * (height - 5));
  const points = values.map((value, index) => ({ x: index * step, value }));
  return (
    <svg role="img" aria-label={label} width={width} height={height} viewBox={`0 0 ${width} ${height}`}>
      {linesOf(points).map((line) => (
        <polyline
          key={line[0]?.x}
          points={line.map(({ x, value }) => `${x.toFixed(1)},${y(value).toFixed(1)}`).join(' ')}
          fill="none"
          stroke="var(--accent)"
          strokeWidth="1.25"
          strokeLinejoin="round"
        />
      ))}
      {points.map(({ x, value }) =>
        value === null ? (
          <line key={x} x1={x} x2={x} y1={height} y2={height - 6} stroke="var(--failed)" strokeWidth="1.5" />
        ) : null,
      )}
    </svg>
  );
}

interface Point {
  readonly x: number;
  readonly value: number;
}

/** The stretches between missing values. */
function linesOf(points: readonly { readonly x: number; readonly value: number | null }[]): readonly Point[][] {
  const lines: Point[][] = [[]];
  for (const { x, value } of points) {
    if (value === null) lines.push([]);
    else lines.at(-1)?.push({ x, value });
  }
  return lines.filter((line) => line.length > 1);
}
