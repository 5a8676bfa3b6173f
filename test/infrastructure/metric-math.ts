/** The value of one period; undefined without data. */
export type Value = number | undefined;

/**
 * Evaluates the part of CloudWatch's metric math that the alarms use: arithmetic, comparisons, IF
 * and SUM of a list. As in CloudWatch, an operation on a missing value has no result, but SUM
 * ignores missing values. Throws for any other syntax.
 */
export function evaluateMath(expression: string, read: (id: string) => Value): Value {
  const tokens = expression.match(/[A-Za-z_][A-Za-z0-9_]*|\d+(?:\.\d+)?|>=|<=|[-+*/()[\],<>]/g) ?? [];
  if (tokens.join('') !== expression.replaceAll(/\s/g, '')) throw new Error(`Unsupported characters in ${expression}`);
  let at = 0;
  const next = (): string => tokens[at++] ?? '';
  const isNext = (...candidates: string[]): boolean => candidates.includes(tokens[at] ?? '');
  const expect = (token: string): void => {
    const found = next();
    if (found !== token) throw new Error(`Expected ${token} and found '${found}' in ${expression}`);
  };

  const binary = (
    operators: Readonly<Record<string, (a: number, b: number) => number>>,
    operand: () => Value,
  ): Value => {
    let left = operand();
    while (isNext(...Object.keys(operators))) {
      const apply = operators[next()];
      const right = operand();
      const result = left === undefined || right === undefined ? undefined : apply?.(left, right);
      left = result !== undefined && Number.isFinite(result) ? result : undefined;
    }
    return left;
  };
  const comparison = (): Value => binary(COMPARISONS, sum);
  const sum = (): Value => binary(SUMS, product);
  const product = (): Value => binary(PRODUCTS, operand);

  function operand(): Value {
    const token = next();
    if (token === '(') return closed(comparison());
    if (token === 'IF') return choice();
    if (token === 'SUM') return sumOfList();
    if (/^\d/.test(token)) return Number(token);
    if (/^[a-z]/.test(token)) return read(token);
    throw new Error(`Cannot evaluate '${token}' in ${expression}`);
  }
  function closed(value: Value): Value {
    expect(')');
    return value;
  }
  function choice(): Value {
    expect('(');
    const condition = comparison();
    expect(',');
    const then = comparison();
    expect(',');
    const otherwise = comparison();
    expect(')');
    if (condition === undefined) return undefined;
    return condition === 0 ? otherwise : then;
  }
  function sumOfList(): Value {
    expect('(');
    expect('[');
    const values = [read(next())];
    while (isNext(',')) {
      expect(',');
      values.push(read(next()));
    }
    expect(']');
    expect(')');
    const present = values.filter((value) => value !== undefined);
    return present.length === 0 ? undefined : present.reduce((total, value) => total + value, 0);
  }

  const result = comparison();
  if (at !== tokens.length) throw new Error(`Unexpected text after the expression in ${expression}`);
  return result;
}

const COMPARISONS = {
  '>=': (a: number, b: number) => Number(a >= b),
  '<=': (a: number, b: number) => Number(a <= b),
  '>': (a: number, b: number) => Number(a > b),
  '<': (a: number, b: number) => Number(a < b),
};
const SUMS = { '+': (a: number, b: number) => a + b, '-': (a: number, b: number) => a - b };
const PRODUCTS = { '*': (a: number, b: number) => a * b, '/': (a: number, b: number) => a / b };
