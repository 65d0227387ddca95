/*
 * A Modbus RTU slave of libmodbus, unit 1, on the serial port of its first argument: coils 0-31 (every third is on),
 * holding registers 0-199 (zero), input registers 0-199 (257 times the address, but the float 230.5 at 100, high word
 * first). Prints "ready", then serves until it is killed.
 */
#include <modbus.h>
#include <stdio.h>

int main(int argc, char **argv) {
    if (argc != 2) return 1;
    modbus_t *context = modbus_new_rtu(argv[1], 9600, 'N', 8, 1);
    modbus_mapping_t *tables = modbus_mapping_new(32, 32, 200, 200);
    if (context == NULL || tables == NULL) return 1;
    for (int i = 0; i < 32; i++) tables->tab_bits[i] = i % 3 == 0;
    for (int i = 0; i < 200; i++) tables->tab_input_registers[i] = (uint16_t) (257 * i);
    tables->tab_input_registers[100] = 0x4366;
    tables->tab_input_registers[101] = 0x8000;

    if (modbus_set_slave(context, 1) != 0 || modbus_connect(context) != 0) return 1;
    printf("ready\n");
    fflush(stdout);
    for (;;) {
        uint8_t query[MODBUS_RTU_MAX_ADU_LENGTH];
        int size = modbus_receive(context, query);
        if (size > 0) modbus_reply(context, query, size, tables);
    }
}
