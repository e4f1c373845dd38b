gannet_fuzzer(proxy DEPENDS protocol)
