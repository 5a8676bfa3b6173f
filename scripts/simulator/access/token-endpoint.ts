import type { ServerResponse } from 'node:http';
import type { TomeProfile } from '../../../lambdas/tome/profile/tome-profile.ts';
import type { ReceivedRequest } from '../../program/loopback/loopback-server.ts';
import type { Faults, TokenEndpointFault } from '../faults.ts';
import { sendGatewayPage } from '../gateway-pages.ts';
import { sendJson } from '../http-body.ts';
import type { Ledger } from '../ledger.ts';
import type { SimulatorTime } from '../simulator-time.ts';
import type { Switches } from '../switches.ts';
import type { AccessTokens } from './access-tokens.ts';
import type { OAuthClient } from './credential.ts';

export interface TokenEndpointParts {
  readonly path: string;
  readonly authentication: Extract<TomeProfile['authentication'], { kind: 'oauth2' }>;
  readonly client: OAuthClient;
  readonly accessTokens: AccessTokens;
  readonly faults: Faults;
  readonly ledger: Ledger;
  readonly switches: () => Switches;
  readonly time: SimulatorTime;
  /** Runs `work` after `delayMs`, unless the simulator is closed first. */
  readonly later: (delayMs: number, work: () => void) => void;
}

interface Refusal {
  readonly status: number;
  readonly error: string;
}

/** Gives access tokens for client credentials (RFC 6749, section 4.4). */
export class TokenEndpoint {
  readonly #parts: TokenEndpointParts;

  constructor(parts: TokenEndpointParts) {
    this.#parts = parts;
  }

  /** Returns false when the path is another one. */
  handle(request: ReceivedRequest, response: ServerResponse): boolean {
    const { path, faults, switches, later } = this.#parts;
    if (request.method !== 'POST' || request.path !== path) return false;
    const fault = faults.strikeTokenEndpoint();
    const delayMs = switches().latencyMs + (fault?.kind === 'slow' ? fault.delayMs : 0);
    if (delayMs === 0) this.#answer(request, fault, response);
    else later(delayMs, () => this.#answer(request, fault, response));
    return true;
  }

  #answer(request: ReceivedRequest, fault: TokenEndpointFault | null, response: ServerResponse): void {
    const { ledger, accessTokens, time, switches, authentication } = this.#parts;
    const isFaulty = fault !== null && fault.kind !== 'slow';
    const refusal = this.#refusalOf(request);
    ledger.recordTokenRequest(isFaulty ? fault.kind : (refusal?.error ?? 'issued'));
    switch (fault?.kind) {
      case 'timeout-before':
        return;
      case 'reset-before':
        response.socket?.resetAndDestroy();
        return;
      case 'error-before':
        return sendJson(response, 503, { error: 'temporarily_unavailable' });
      case 'rate-limited':
        return sendJson(response, 429, { error: 'temporarily_unavailable' }, { 'retry-after': '1' });
      case 'gateway-page':
      case 'access-denied':
        return sendGatewayPage(response, fault.kind);
      default:
        break;
    }
    if (refusal !== null) {
      const challenge: Readonly<Record<string, string>> = refusal.status === 401 ? { 'www-authenticate': 'Basic' } : {};
      return sendJson(response, refusal.status, { error: refusal.error }, challenge);
    }
    const seconds = fault?.kind === 'short-lived' ? 1 : switches().accessTokenSeconds;
    const { scope } = authentication;
    const body = {
      access_token: accessTokens.issue(time.monotonicMs(), seconds),
      token_type: 'Bearer',
      expires_in: seconds,
      ...(scope === undefined ? {} : { scope }),
    };
    const headers = { 'cache-control': 'no-store' };
    if (fault?.kind === 'wrong-json') return sendJson(response, 200, { token_type: body.token_type }, headers);
    if (fault?.kind !== 'truncated') return sendJson(response, 200, body, headers);
    const text = JSON.stringify(body);
    response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(text.slice(0, text.length / 2));
  }

  #refusalOf({ headers, body }: ReceivedRequest): Refusal | null {
    const { client, authentication } = this.#parts;
    if (!/^application\/x-www-form-urlencoded\b/i.test(headers['content-type'] ?? '')) {
      return { status: 400, error: 'invalid_request' };
    }
    const form = new URLSearchParams(body);
    const sent =
      authentication.sendsCredentialIn === 'body'
        ? { clientId: form.get('client_id'), clientSecret: form.get('client_secret') }
        : readBasic(headers.authorization ?? '');
    if (sent?.clientId !== client.clientId || sent.clientSecret !== client.clientSecret) {
      return { status: 401, error: 'invalid_client' };
    }
    if (form.get('grant_type') !== 'client_credentials') return { status: 400, error: 'unsupported_grant_type' };
    if (form.get('scope') !== (authentication.scope ?? null)) return { status: 400, error: 'invalid_scope' };
    if (form.get('audience') !== (authentication.audience ?? null)) return { status: 400, error: 'invalid_target' };
    return null;
  }
}

/** RFC 6749, section 2.3.1: id and secret are form-encoded before they are joined. */
function readBasic(authorization: string): OAuthClient | null {
  const encoded = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(authorization)?.[1];
  if (encoded === undefined) return null;
  const [id = '', secret = ''] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  const decoded = new URLSearchParams(`id=${id}&secret=${secret}`);
  return { clientId: decoded.get('id') ?? '', clientSecret: decoded.get('secret') ?? '' };
}
