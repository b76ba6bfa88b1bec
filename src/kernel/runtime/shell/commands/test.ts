/**
 * test and `[`: whether something holds.
 */
import type { Task } from "#kernel/runtime/process/task";
import { type Command, complain, isBusybox } from "#kernel/runtime/shell/commands/command";
import { holds, TestFault } from "#kernel/runtime/shell/test-expression";

function evaluate(task: Task, args: readonly string[]): number {
  try {
    return holds(task, args) ? 0 : 1;
  } catch (fault) {
    if (!(fault instanceof TestFault)) throw fault;
    return reject(task, fault.message);
  }
}

function reject(task: Task, message: string): number {
  const isNumber = !message.includes(" ") || message === "";
  if (isBusybox(task)) {
    task.complain(`sh: ${isNumber ? `${message}: bad number` : message}\n`);
    return 2;
  }
  return complain(task, isNumber ? `Illegal number: ${message}` : message, 2);
}

export const test: Command = {
  name: "test",
  isBuiltin: true,
  step: (task) => evaluate(task, task.argv.slice(1)),
};

export const bracket: Command = {
  name: "[",
  isBuiltin: true,
  step(task) {
    const args = task.argv.slice(1);
    if (args.pop() !== "]") return reject(task, "missing ]");
    return evaluate(task, args);
  },
};
