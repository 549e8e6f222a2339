import { existsSync } from 'node:fs'
import isDocker from 'is-docker'

/** As in fastify-cli: a server in a container that listens on localhost only cannot be reached. */
export function defaultAddress (): string {
  const isContainer = isDocker() || process.env['KUBERNETES_SERVICE_HOST'] !== undefined ||
    existsSync('/run/secrets/kubernetes.io/serviceaccount/token')
  return isContainer ? '0.0.0.0' : 'localhost'
}
