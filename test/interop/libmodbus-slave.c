/*
 * A Modbus TCP slave of libmodbus, for one client at a time: coils 0-31 (every third is on), discrete inputs 100-131
 * (every fourth is on), holding registers 0-199 (zero), input registers 0-199 (257 times the address, but the float
 * 230.5 at 100, high word first). Prints the port, then serves until it is killed.
 */
#include <arpa/inet.h>
#include <modbus.h>
#include <stdio.h>
#include <unistd.h>

int main(void) {
    modbus_t *context = modbus_new_tcp("127.0.0.1", 0);
    modbus_mapping_t *tables = modbus_mapping_new_start_address(0, 32, 100, 32, 0, 200, 0, 200);
    if (context == NULL || tables == NULL) return 1;
    for (int i = 0; i < 32; i++) tables->tab_bits[i] = i % 3 == 0;
    for (int i = 0; i < 32; i++) tables->tab_input_bits[i] = i % 4 == 0;
    for (int i = 0; i < 200; i++) tables->tab_input_registers[i] = (uint16_t) (257 * i);
    tables->tab_input_registers[100] = 0x4366;
    tables->tab_input_registers[101] = 0x8000;

    int listening = modbus_tcp_listen(context, 1);
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    if (listening < 0 || getsockname(listening, (struct sockaddr *) &address, &length) != 0) return 1;
    printf("port %d\n", ntohs(address.sin_port));
    fflush(stdout);

    while (modbus_tcp_accept(context, &listening) >= 0) {
        uint8_t query[MODBUS_TCP_MAX_ADU_LENGTH];
        int size;
        while ((size = modbus_receive(context, query)) >= 0) {
            if (size > 0) modbus_reply(context, query, size, tables);
        }
        modbus_close(context);
    }
    return 0;
}
