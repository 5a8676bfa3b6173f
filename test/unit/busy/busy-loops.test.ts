import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { BusyLoops } from '../../busy/busy-loops.ts';
import { InvalidBusyOption, parseBusyOptions } from '../../busy/busy-options.ts';

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch {
    return false;
  }
};

/** A process that has ended, and whose exit code its parent has not read yet. */
const isZombie = (pid: number): boolean => {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
};

test('busy loops run until they are stopped', async () => {
  const loops = new BusyLoops(2);
  expect(loops.pids.filter(isAlive)).toHaveLength(2);
  await loops.stop();
  expect(loops.pids.filter(isAlive)).toEqual([]);
});

test('busy loops end when the process that started them is killed', async () => {
  const program = `
    const { BusyLoops } = await import('./test/busy/busy-loops.ts');
    console.log(new BusyLoops(1).pids.join());
    setInterval(() => undefined, 1_000);
  `;
  const owner = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(owner.stdout, 'data')) as [Buffer];
  const pid = Number(String(line).trim());
  expect(isAlive(pid)).toBe(true);
  owner.kill('SIGKILL');
  await vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 240_000, interval: 50 });
});

test('parseBusyOptions reads the numbers of runs and loops, and leaves all other arguments to vitest', () => {
  expect(parseBusyOptions(['--times', '5', '--loops', '4', '--project', 'unit'])).toEqual({
    times: 5,
    loops: 4,
    vitest: ['--project', 'unit'],
  });
  expect(parseBusyOptions([])).toMatchObject({ times: 1, vitest: [] });
  for (const words of [['--times'], ['--times', '0'], ['--loops', 'many']]) {
    expect(() => parseBusyOptions(words)).toThrow(InvalidBusyOption);
  }
});
