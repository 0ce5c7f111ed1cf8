# RESP3 as bytes: where a reply ends, what it has in it, what else it could be.
# Knows no connection and no question.
# CONTRIBUTING.md, "Sanitizers and the attack".

package Healthcode::Attack::Resp;

use strict;
use warnings;


# The length of the value at $at, undef while it is not all there. Takes what
# redis-server sends.
sub length_at {
    my ($bytes, $at) = @_;
    my $end = index $$bytes, "\r\n", $at;
    return undef if $end < 0;
    my ($type, $word) = (substr($$bytes, $at, 1),
                         substr $$bytes, $at + 1, $end - $at - 1);
    my $next = $end + 2;

    if ($type =~ /[\$!=]/) {
        return $next - $at if $word < 0;
        $next += $word + 2;
        return $next > length $$bytes ? undef : $next - $at;
    }
    if ($type =~ /[*%~>|]/) {
        for (1 .. $word * ($type =~ /[%|]/ ? 2 : 1)) {
            my $length = length_at($bytes, $next) // return undef;
            $next += $length;
        }
    }
    return $next - $at;
}


# Takes the first value from $$bytes; undef while it is not all there.
sub take {
    my ($bytes) = @_;
    return undef if !length $$bytes;
    my $n = length_at($bytes, 0) // return undef;
    return substr $$bytes, 0, $n, '';
}


# Where the values inside an aggregate begin, and how long each is.
sub inside {
    my ($value) = @_;
    my ($type, $word) = $value =~ /\A([*%~>|])(\d+)\r\n/ or return;
    my $at = 3 + length $word;
    my @found;
    for (1 .. $word * ($type =~ /[%|]/ ? 2 : 1)) {
        my $n = length_at(\$value, $at) // return;
        push @found, [ $at, $n ];
        $at += $n;
    }
    return @found;
}


# A value of another type than any that a read may be answered with, mostly a
# small and sound one.
sub strange {
    my ($random) = @_;
    my $n = $random->pick(2, 7, 8, 9, 20, 1000, 100_000);
    return $random->pick(":0\r\n", ":1\r\n", "+OK\r\n", "+\r\n", "-ERR x\r\n",
        "#f\r\n", ",1.5\r\n", "(12345678901234567890\r\n",
        "\$0\r\n\r\n", "\$2\r\nOK\r\n", "*1\r\n*0\r\n", "*1\r\n:0\r\n",
        "%1\r\n+a\r\n+b\r\n", "~1\r\n+a\r\n") if $random->below(3);
    return $random->pick(
        ":0\r\n", ":1\r\n", ":-1\r\n", ":99999999999999999999\r\n",
        "+OK\r\n", "+\r\n", "-ERR x\r\n", "-\r\n", "-WRONGTYPE x\r\n",
        "-MOVED 1 127.0.0.1:1\r\n", "-LOADING x\r\n", "-NOPERM x\r\n",
        "#t\r\n", "#f\r\n", ",1.5\r\n", ",inf\r\n", "(123456789012345678901\r\n",
        "\$2\r\nOK\r\n", "\$0\r\n\r\n", "=6\r\ntxt:OK\r\n", "!3\r\nERR\r\n",
        "\$-2\r\n", "*-2\r\n", "*x\r\n", "\$x\r\n", "*1\r\n:0\r\n",
        "*1\r\n*0\r\n", "*2\r\n+a\r\n", "\$?\r\n;0\r\n", "*?\r\n.\r\n",
        ('*1' . "\r\n") x $n . ":1\r\n", ('%1' . "\r\n") x $n,
        ('|1' . "\r\n+a\r\n") x $n, "*$n\r\n" . ":1\r\n" x $n,
        "%1000000000\r\n", "*4294967297\r\n", "*9223372036854775807\r\n",
        "\$536870912\r\n", "\$9223372036854775807\r\n", "\$2147483648\r\nx",
        '$' . (1 << 21) . "\r\n" . 'x' x (1 << 21) . "\r\n",
        "\0", "\r\n", 'HTTP/1.1 200 OK' . "\r\n\r\n", $random->bytes(40));
}

1;
