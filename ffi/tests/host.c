/* A host that loads the library by path, uses it, and goes on using it after dlclose, as hosts with plug-ins do. */
#include <dlfcn.h>
#include <stdio.h>
#include "mabataki.h"

int main(int argc, char **argv) {
  void *library = argc == 2 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
  if (!library) {
    fprintf(stderr, "%s\n", argc == 2 ? dlerror() : "usage: host LIBRARY");
    return 1;
  }
  uint32_t (*abi_version)(void);
  const char *(*version)(void);
  const char *(*status_name)(mbt_status);
  /* ISO C has no cast from what dlsym gives to a function: POSIX says to write it in through the other type. */
  *(void **)&abi_version = dlsym(library, "mbt_abi_version");
  *(void **)&version = dlsym(library, "mbt_version");
  *(void **)&status_name = dlsym(library, "mbt_status_name");
  if (!abi_version || !version || !status_name) {
    fprintf(stderr, "%s\n", dlerror());
    return 1;
  }
  dlclose(library);
  printf("%s %s %s %s %s\n", abi_version() == MBT_ABI ? "abi-as-declared" : "abi-differs", version(),
         status_name(MBT_OK), status_name(MBT_E_NO_CAMERA), status_name(12345));
  return 0;
}
