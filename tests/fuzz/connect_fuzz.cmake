gannet_fuzzer(connect DEPENDS protocol)
