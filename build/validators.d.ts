import type { ValidateFunction } from 'ajv'

/** What build/validators.js makes of a schema. */
export const validate: ValidateFunction
