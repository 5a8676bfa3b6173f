import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';

/** Where throw-away databases live: in memory where the system has such a folder, because a noisy disk makes tests slow. */
export const temporaryFolder = (): string => (existsSync('/dev/shm') ? '/dev/shm' : tmpdir());
