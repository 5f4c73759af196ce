import { classNames } from './class-names.ts';

interface ProgressProps {
  readonly label: string;
  /** 0 to 1; null while unknown. */
  readonly fraction: number | null;
  readonly className?: string;
}

/** A thin line; it wanders while the fraction is unknown. */
export function ProgressLine({ label, fraction, className }: ProgressProps) {
  const percent = fraction === null ? null : Math.round(fraction * 100);
  return (
    <div
      // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- browsers paint <progress> in ways of their own
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      {...(percent === null ? {} : { 'aria-valuenow': percent })}
      className={classNames('h-0.5 overflow-hidden rounded-full bg-line', className)}
    >
      {fraction === null ? (
        <div className="slides-forever h-full w-1/4 rounded-full bg-working" />
      ) : (
        <div
          className="h-full origin-left rounded-full bg-working transition-transform duration-300"
          style={{ transform: `scaleX(${fraction})` }}
        />
      )}
    </div>
  );
}
