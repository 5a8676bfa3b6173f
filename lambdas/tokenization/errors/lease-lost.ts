import { TokenizationError } from './tokenization-error.ts';

/** Another run took over this job's lease: its fencing number is higher than ours (brief 2, rule 7). What was stored stays stored. */
export class LeaseLost extends TokenizationError {
  override readonly name = 'LeaseLost';
  readonly code = 'lease-lost';
  readonly retryable = false;

  constructor() {
    super('Another run of this job has taken over.');
  }
}
