import type { Node } from 'constructs';

export interface EmulatorAddresses {
  readonly tomeUrl: string;
  /** Where AWS's services answer as functions see it; absent where the emulator tells them itself. */
  readonly awsEndpointUrl: string | undefined;
}

/** Where whoever starts the emulator has put what functions call: `-c tomeUrl=URL`, and `-c awsEndpointUrl=URL` if it differs from what the emulator says. Throws with a sentence. */
export function emulatorAddresses(node: Node): EmulatorAddresses {
  return {
    tomeUrl: addressIn(node, 'tomeUrl') ?? 'http://127.0.0.1:8080',
    awsEndpointUrl: addressIn(node, 'awsEndpointUrl'),
  };
}

function addressIn(node: Node, name: string): string | undefined {
  const value: unknown = node.tryGetContext(name);
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || !/^https?:\/\/[^\s/]+$/.test(value)) {
    throw new Error(`local: -c ${name}= must be an http or https URL without a path.`);
  }
  return value;
}
