import { ArmError } from '../errors.js'

/** 1 to 80 letters, digits, `_`, `.`, `-`; no sign but `_` at the end, none at the beginning. */
export function checkDiskName(name: string): void {
  if (name.length <= 80 && /^[A-Za-z0-9]([\w.-]*\w)?$/.test(name)) return
  throw new ArmError(
    400,
    'InvalidParameter',
    `The value of parameter '${name}' is invalid. The name must begin with a letter or number, end with a letter, number or underscore, and may contain only letters, numbers, underscores, periods, or hyphens. The value must be between 1 and 80 characters long.`,
    { more: { target: 'name' } },
  )
}

export function checkMachineName(name: string): void {
  if (name.length <= 64 && !/[\s~!@#$%^&*()=+_[\]{}\\|;:.'",<>/?]/.test(name) && !/^-|[-.]$/.test(name)) return
  throw new ArmError(
    400,
    'InvalidParameter',
    `Resource name ${name} is invalid. It must be between 1 and 64 characters, without special characters.`,
    { more: { target: 'virtualMachineName' } },
  )
}

/** A name is taken in the whole group: it cannot be used for another region. */
export function locationConflict(name: string, type: string, there: string, asked: string): ArmError {
  return new ArmError(
    409,
    'InvalidResourceLocation',
    `The resource '${name}' already exists in location '${there}' in resource group. A resource with the same name cannot be created in location '${asked}'. Please select a new resource name. (${type})`,
  )
}
