import { TomeOutcomeUnknown, TomeUnavailable } from '../../tokenization/tome-errors.ts';

/** Nothing came within the attempt's time. */
export class AttemptTimedOut extends TomeOutcomeUnknown {}

/** The attempt's time ended before there was a connection, so nothing was sent. */
export class ConnectTimedOut extends TomeUnavailable {}

/** The request itself cannot be written as HTTP. This says nothing about TOME. */
export class RequestUnwritable extends TomeUnavailable {}

/**
 * A kept connection ended without a byte of an answer. The other side, or something between, has
 * usually forgotten it long ago: this says nothing about TOME. The request still counts as sent.
 */
export class KeptConnectionLost extends TomeOutcomeUnknown {}

/**
 * A kept connection stayed silent. It may be dead, as it is after a long freeze; or TOME is slow.
 */
export class KeptConnectionSilent extends AttemptTimedOut {}

/** TOME failed on this request (500), which may be about what was asked and not about TOME. */
export class ServerFaulted extends TomeOutcomeUnknown {}

/** A 5xx that says when to come back. */
export class ServerUnavailable extends TomeOutcomeUnknown {}
