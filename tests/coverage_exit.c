/*
 * Linked by tests/coverage into all that it builds, with --wrap=_exit: the editor ends
 * by _exit(2), which would lose what it counted.
 */
void __gcov_dump(void);
_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);

_Noreturn void __wrap__exit(int status)
{
	__gcov_dump();
	__real__exit(status);
}
