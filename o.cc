constexpr unsigned a = 0'009'000; int main(){}
