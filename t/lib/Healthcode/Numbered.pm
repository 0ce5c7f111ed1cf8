# Keys of HS256 by number, sets of them, and codes that they sign, by the
# independent signer: for suites whose keys change.  Knows no nginx.
# docs/token-format.md, "Keys".

package Healthcode::Numbered;

use strict;
use warnings;

use Exporter qw(import);

use Healthcode::Jws qw(b64 json jws);

our @EXPORT_OK = qw(secret jwk jwks code_of);


# 32 bytes.
sub secret { my ($n) = @_; return sprintf 'secret number %04d, 32 bytes long', $n }


# jwk(N, MEMBERS that replace those of the same name)
sub jwk {
    my ($n, %more) = @_;
    return { kty => 'oct', alg => 'HS256', kid => "k$n", k => b64(secret($n)),
             %more };
}


# The text of a set of these: numbers, or what jwk() returns.
sub jwks { return json({ keys => [ map { ref $_ ? $_ : jwk($_) } @_ ] }) }


# code_of(ISS, N, { HEADER }, { CLAIMS }): what replaces members of the same
# name; a value of undef leaves a member out.
sub code_of {
    my ($iss, $n, $header, $claims) = @_;
    my $now = int time;
    my %header = (alg => 'HS256', typ => 'healthcode+jwt', kid => "k$n",
                  %{ $header || {} });
    my %claims = (iss => $iss, sub => 'rosa', iat => $now, exp => $now + 900,
                  %{ $claims || {} });
    for my $part (\%header, \%claims) {
        delete @{$part}{ grep { !defined $part->{$_} } keys %$part };
    }
    return jws(secret($n), json(\%header), json(\%claims));
}

1;
