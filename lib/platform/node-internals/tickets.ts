import { randomBytes } from 'node:crypto'
import type tls from 'node:tls'

/**
 * Whether the app passed ticket keys as an option. Node keeps them on the server, where setSecureContext()
 * reads them again.
 */
export function hasGivenTicketKeys (server: tls.Server): boolean {
  return (server as tls.Server & { ticketKeys?: Buffer }).ticketKeys !== undefined
}

/**
 * Encrypts new session tickets with the key `current`, and still accepts tickets of the key `former` if this
 * Node supports that. Node has no public way to set a second key. The one used here exists in Node for one
 * of its own tests (test/parallel/test-https-resume-after-renew.js), and is the same in Node 20 to 26. If a
 * part of it is missing, clients with a ticket of the former key make a full handshake.
 *
 * This applies to the server's current context only: setSecureContext() makes a new one.
 */
export function setTicketKeys (server: tls.Server, current: Buffer, former?: Buffer): void {
  server.setTicketKeys(current)
  const context = askingContext(server)
  if (context === undefined || former === undefined) return
  context.onticketkeycallback = createOnTicket(current, former) // first, because handshakes fail without it
  context.enableTicketKeyCallback()
}

/**
 * Node's wrapper of OpenSSL's SSL_CTX, as far as it is used here. A server issues all its tickets from one
 * context: from the additional contexts of SNI names, Node uses only the certificate (UseSNIContext in its
 * src/crypto/crypto_common.cc).
 */
interface SecureContext {
  getTicketKeys (): Buffer
  enableTicketKeyCallback (): void
  onticketkeycallback?: OnTicket
}

/** The server's context, if this Node has all the parts that a second key needs. */
function askingContext (server: tls.Server): SecureContext | undefined {
  const context = (server as tls.Server & { _sharedCreds?: { context?: SecureContext } })._sharedCreds?.context
  return typeof context?.enableTicketKeyCallback === 'function' && typeof context.getTicketKeys === 'function' && Object.isExtensible(context) ? context : undefined
}

/**
 * Called for each ticket that is encrypted or decrypted (TicketKeyCallback in Node's
 * src/crypto/crypto_context.cc). Node reads both keys in every case, and aborts the process if one of them
 * is not a buffer.
 */
type OnTicket = (this: SecureContext, name: Buffer, iv: Buffer, seals: boolean) => TicketAnswer
type TicketAnswer = [verdict: number, hmac: Buffer, aes: Buffer, name?: Buffer, iv?: Buffer]

/**
 * The return values of OpenSSL's SSL_CTX_set_tlsext_ticket_key_cb(3). RENEW: the ticket is valid, and the
 * client gets a new one.
 */
const UNKNOWN = 0
const GOOD = 1
const RENEW = 2

/**
 * Does what Node does without a callback (TicketCompatibilityCallback in the same file): it uses the keys
 * that the context has at the time. The former key is accepted only while the context's key is still
 * `current`, not after the app has set a key of its own.
 */
function createOnTicket (current: Buffer, former: Buffer): OnTicket {
  const old = partsOf(former)
  return function (name, _iv, seals) {
    const keys = this.getTicketKeys()
    const own = partsOf(keys)
    if (seals) return [GOOD, own.hmac, own.aes, own.name, randomBytes(TICKET_KEY_PART)]
    if (name.equals(own.name)) return [GOOD, own.hmac, own.aes]
    if (name.equals(old.name) && keys.equals(current)) return [RENEW, old.hmac, old.aes]
    return [UNKNOWN, own.hmac, own.aes]
  }
}

/** The length in bytes of each of the three parts of the key that `setTicketKeys()` takes. */
const TICKET_KEY_PART = 16

function partsOf (keys: Buffer): { name: Buffer, hmac: Buffer, aes: Buffer } {
  const [name, hmac, aes] = [0, 1, 2].map(place => keys.subarray(place * TICKET_KEY_PART, (place + 1) * TICKET_KEY_PART)) as [Buffer, Buffer, Buffer]
  return { name, hmac, aes }
}
